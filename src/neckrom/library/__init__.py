"""What programs call: ``import neckrom``; the names are handed on by :mod:`neckrom` itself.

Everything here stands on :mod:`neckrom.service`, like the command line does, and adds what a notebook needs:
tables, figures and a page of a measurement. A measurement of another kind gets a module of its own and its
name in ``neckrom/__init__.py``.
"""
