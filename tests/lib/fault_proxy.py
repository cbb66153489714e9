"""A TCP proxy on loopback that does what networks do.

    with FaultProxy(port) as proxy:
        proxy.port                     # connect here
        proxy.set("stall")             # from now on, for connections that are and that come
        proxy.reset()                  # those that are, once

Modes:
  pass           bytes flow
  refuse         nothing listens; what was open is reset
  reset          new connections are reset at once
  cut, break     each connection ends (FIN, RST) after `after` more bytes from the server; after `times` of them: pass
  brief          new connections end (FIN) `delay` seconds after they began
  stall          no byte flows; the connections stay, and go on when the mode changes
  blackhole      no byte flows ever again on connections that are or come in this mode
  delay          each piece of the server's bytes waits `delay` seconds
  drip           the server's bytes come in pieces of `after` bytes
`connections` counts what was accepted or turned away while listening; `requests` holds "GET /path" of each request
that came (plain http), in their order.
"""
import asyncio
import re
import socket
import struct
import threading
import time

from ports import own_port
from wait import PATIENCE, wait_for

MODES = {"pass", "brief", "refuse", "reset", "cut", "break", "stall", "blackhole", "delay", "drip"}


class Connection:
    def __init__(self, proxy):
        self.proxy, self.writers, self.dead = proxy, [], False
        self.left = proxy.after

    def end(self, reset):
        for writer in self.writers:
            if reset and not writer.is_closing():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            else:
                writer.close()

    async def pump(self, reader, writer, is_answer):
        proxy = self.proxy
        while data := await reader.read(65536):
            if not is_answer:
                proxy.requests += [line.decode() for line in re.findall(rb"^([A-Z]+ \S+) HTTP/1\.1\r$", data, re.MULTILINE)]
            while True:
                await proxy.flow.wait()
                if not self.dead:
                    break
                await asyncio.Event().wait()
            if is_answer and proxy.mode in ("cut", "break"):
                data, reset = data[:self.left], proxy.mode == "break"
                self.left -= len(data)
                writer.write(data)
                if self.left <= 0:
                    self.end(reset)
                    proxy.times -= 1
                    if not proxy.times:
                        proxy.mode = "pass"
                    return
            elif is_answer and proxy.mode == "delay":
                await asyncio.sleep(proxy.delay)
                writer.write(data)
            elif is_answer and proxy.mode == "drip":
                for at in range(0, len(data), proxy.after):
                    writer.write(data[at:at + proxy.after])
                    await writer.drain()
            else:
                writer.write(data)
            await writer.drain()

    async def run(self, reader, writer):
        self.writers.append(writer)
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.proxy.target)
            self.writers.append(server_writer)
            pumps = [asyncio.ensure_future(self.pump(reader, server_writer, False)),
                     asyncio.ensure_future(self.pump(server_reader, writer, True))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except OSError:
            pass
        finally:
            self.end(False)


def settle(proxy):
    """Waits until lists have become watches: some are open, and nothing was listed or watched for two seconds."""
    seen = [None, 0.0]

    def is_quiet():
        asked = len(proxy.lists()), len(proxy.watches())
        if asked != seen[0]:
            seen[:] = asked, time.monotonic()
        return all(asked) and time.monotonic() - seen[1] > 2
    wait_for(is_quiet, what=lambda: f"watches: {proxy.requests}")


class FaultProxy:
    def __init__(self, target):
        self.target, self.mode, self.after, self.delay, self.times = target, "pass", 1, 0.0, 0
        self.connections, self.open, self.requests = 0, set(), []
        self.loop = asyncio.new_event_loop()
        # One that it can leave and take again: nobody else gets it in between.
        self.port = own_port()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.server = None
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_):
        self._do(self._stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def set(self, mode, after=1, delay=0.0, times=0):
        assert mode in MODES, mode
        self._do(self._set(mode, after, delay, times))

    def reset(self):
        self._do(self._reset())

    # -- in the loop's thread

    def _serve(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

    async def _listen(self):
        if not hasattr(self, "flow"):
            self.flow = asyncio.Event()
            self.flow.set()
        if self.listener is None:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", self.port))
        self.server = await asyncio.start_server(self._accept, sock=self.listener)

    async def _accept(self, reader, writer):
        self.connections += 1
        connection = Connection(self)
        connection.dead = self.mode == "blackhole"
        if self.mode in ("reset", "refuse"):
            connection.writers.append(writer)
            connection.end(True)
            return
        self.open.add(connection)
        if self.mode == "brief":
            self.loop.call_later(self.delay, connection.end, False)
        try:
            await connection.run(reader, writer)
        except asyncio.CancelledError:
            pass                                # the proxy ends
        finally:
            self.open.discard(connection)

    def watches(self):
        return [line for line in self.requests if "watch=1" in line]

    def lists(self):
        return [line for line in self.requests if "limit=" in line]

    async def _reset(self):
        for connection in list(self.open):
            connection.end(True)

    async def _set(self, mode, after, delay, times):
        self.mode, self.after, self.delay, self.times = mode, after, delay, times
        for connection in self.open:
            connection.left = after
            connection.dead = connection.dead or mode == "blackhole"
        if mode in ("stall", "blackhole"):
            self.flow.clear()
        else:
            self.flow.set()
        if mode == "refuse":
            self.server.close()
            self.listener = None
            await self._reset()
        elif self.listener is None:
            await self._listen()

    async def _stop(self):
        self.flow.set()
        self.server.close()
        await self._reset()
        tasks = [task for task in asyncio.all_tasks(self.loop) if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
