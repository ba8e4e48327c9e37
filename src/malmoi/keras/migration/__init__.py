"""Rewriting of old Keras code for Keras 3."""

from malmoi.keras.migration.files import FileMigration, Piece, migrate_file
from malmoi.keras.migration.results import Change, Finding, Migration
from malmoi.keras.migration.rewriting import migrate

__all__ = ["Change", "FileMigration", "Finding", "Migration", "Piece", "migrate", "migrate_file"]
