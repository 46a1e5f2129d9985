"""Files that only need to check: what a type checker must know, and must refuse."""
