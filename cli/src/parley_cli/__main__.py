"""`python -m parley_cli`: the same as `parley`."""

from parley_cli.main import main

main()
