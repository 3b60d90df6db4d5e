"""The store of the exports: a person and two measured sessions."""

from tests.exports.conftest import clinic

__all__ = ["clinic"]
