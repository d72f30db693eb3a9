"""`python -m asynclab` is the `asynclab` command."""

from asynclab.cli import main

raise SystemExit(main())
