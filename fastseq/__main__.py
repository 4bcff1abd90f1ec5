"""`python -m fastseq` is the command `fastseq`."""

from fastseq.cli.main import main

main()
