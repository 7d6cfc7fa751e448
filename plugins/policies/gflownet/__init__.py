"""Constructive policies: graphs built atom by atom, and strings written left to right.

An object is made by legal actions alone, and a final exit says that it is done. Whatever can be
made in several ways has a backward law over the ways, so that the balance losses hold exactly.
"""
