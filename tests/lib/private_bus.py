# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A dbus-daemon of our own, with its socket in a temporary directory."""

import os
import shutil

from gi.repository import Gio

import child

CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">134217728</limit>
  <limit name="max_connections_per_user">1000</limit>
  <limit name="max_match_rules_per_connection">10000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
'''


class PrivateBus:
    def __init__(self, folder):
        socket = os.path.join(folder, 'bus')
        config = os.path.join(folder, 'bus.conf')
        with open(config, 'w', encoding='utf-8') as f:
            f.write(CONFIG.format(socket=socket))
        program = shutil.which('dbus-daemon') or '/usr/bin/dbus-daemon'
        # --print-address answers once it listens: nothing to poll for.
        ready, written = os.pipe()
        # It complains of a descriptor limit that it may not raise, which concerns no test.
        with open(os.path.join(folder, 'bus.log'), 'ab') as log:
            self.process = child.start([program, f'--config-file={config}', '--nofork', '--nopidfile',
                                        f'--print-address={written}'], pass_fds=[written], stderr=log)
        os.close(written)
        with os.fdopen(ready, encoding='ascii') as f:
            self.address = f.readline().strip()
        if not self.address:
            raise RuntimeError('dbus-daemon did not start')

    def connect(self):
        """A new connection; the caller closes it, or it ends with the bus."""
        connection = Gio.DBusConnection.new_for_address_sync(
            self.address,
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
            None, None)
        connection.set_exit_on_close(False)
        return connection

    def stop(self):
        child.stop(self.process)
