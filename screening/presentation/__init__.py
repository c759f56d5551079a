"""Stored results and protocols, put into words, groups and order for the pages.

Nothing here decides about a person: outcomes and sentences arrive finished, and are sorted and labelled.
"""
