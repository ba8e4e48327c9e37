"""An import hook: with `import malmoi.keras.install` as its first line, a script for old Keras runs on Keras 3.

Importing this module installs the hook. `changes` lists everything that it adds to Keras or replaces in it, and
`uninstall` restores all of it.
"""

from malmoi.keras.hook import Change, changes, install, uninstall

__all__ = ["Change", "changes", "install", "uninstall"]

install()
