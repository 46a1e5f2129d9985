"""Check, where the core alone is installed, that every exported name can be had, two levels deep.

Names are loaded on first use, so that a missing import would otherwise show at the first user's.
`crmkit.testing` needs its extra and is left out.
"""

import crmkit


def main() -> None:
    """Ask for every name."""
    asked = 0
    for package in sorted(set(crmkit.__all__) - {"testing"}):
        found = getattr(crmkit, package)
        for name in getattr(found, "__all__", ()):
            getattr(found, name)
            asked += 1
    with crmkit.open(actor="ann") as crm:
        crm.complaints.receive(customer="C-7", about="compressor rattles")
    print(f"crmkit {crmkit.__version__}: {asked} names")


if __name__ == "__main__":
    main()
