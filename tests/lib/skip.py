# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What a test says that cannot run here."""


class Skip(Exception):
    """Raised by a test that cannot run here; its text says why."""
