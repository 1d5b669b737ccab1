"""Most of its time goes into imports."""
import argparse
import asyncio
import ctypes
import decimal
import difflib
import email.message
import http.server
import logging.config
import sqlite3
import tarfile
import unittest.mock
import urllib.request
import xml.dom.minidom

from pieces import main

MODULES = [argparse, asyncio, ctypes, decimal, difflib, email, http, logging, sqlite3, tarfile, unittest, urllib, xml]


def piece(n):
    return sum(range(20_000)) + len(MODULES)


if __name__ == "__main__":
    main(piece)
