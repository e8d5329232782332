"""Workbook templates that an office has made itself, filled in: only cells with place-holders
change, every other part of the file is passed on as it is.
"""
