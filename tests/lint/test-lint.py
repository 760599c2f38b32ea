#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The rules, held against this tree."""

import sys

import lint

sys.exit(lint.main(['--tap']))
