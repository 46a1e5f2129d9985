"""Check that a wheel holds the package, all of it, and nothing else."""

import sys
import zipfile
from pathlib import Path


def main() -> None:
    """Compare the wheel's names with the files of `src`."""
    held = {name for name in zipfile.ZipFile(sys.argv[1]).namelist() if ".dist-info/" not in name}
    source = {
        path.relative_to("src").as_posix()
        for path in Path("src").rglob("*")
        if path.suffix == ".py" or path.name == "py.typed"
    }
    if held != source:
        sys.exit(f"missing {sorted(source - held)}, too many {sorted(held - source)}")
    print(f"{len(held)} files, as in src")


if __name__ == "__main__":
    main()
