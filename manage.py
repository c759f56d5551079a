#!/usr/bin/env python3
"""The command line: `python3 manage.py help` lists the commands."""

import sys

if __name__ == "__main__":
    from config import bootstrap

    sys.exit(bootstrap.main(sys.argv))
