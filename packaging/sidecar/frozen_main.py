"""What the frozen program starts with. PyInstaller wants a file that is in no package."""

from sidecar.__main__ import main

main()
