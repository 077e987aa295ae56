"""TEST FIX LINE: bytes go out in order and within bounds, whoever reads slowly or not at all.

Takes   real sockets on loopback.
Gives   the order of what was written; the end of a connection that is too slow.
Keeps   nobody who writes ever waits.
Source  Decision 0032.
"""

import asyncio

from chiphour.adapters.serve.fix_line import FixLine
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_session import Send


def talk(work, resend=lambda asked: [], **bounds):
    """Connect to a line; `work(line, reader, writer)` is the test."""

    async def run():
        made = asyncio.get_running_loop().create_future()

        async def accept(reader, writer):
            made.set_result(FixLine(reader, writer, resend, **bounds))

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        line = await made
        try:
            await work(line, reader, writer)
        finally:
            writer.close()
            await line.close()
            server.close()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_ranges_are_sent_in_their_turn_a_portion_at_a_time():
    left = []

    def resend(asked):
        left.append(asked)
        more = [Resend(asked.first + 1, asked.last)] if asked.first < asked.last else []
        return [Send(b"<%d>" % asked.first), *more]

    async def work(line, reader, writer):
        line.write(b"a")
        line.again(Resend(1, 3))
        line.write(b"b")
        assert await reader.readexactly(11) == b"a<1><2><3>b"

    talk(work, resend)
    assert len(left) == 3


def test_what_comes_is_read_in_bounded_pieces_and_the_end_is_empty():
    async def work(line, reader, writer):
        writer.write(b"x" * 50_000)
        writer.write_eof()
        sizes = []
        while chunk := await line.read():
            sizes.append(len(chunk))
        assert sum(sizes) == 50_000 and max(sizes) <= 1 << 14

    talk(work)


def test_finish_writes_what_waits_and_drop_does_not():
    async def finished(line, reader, writer):
        line.write(b"last words")
        line.finish("enough")
        line.write(b"too late")
        assert await reader.read() == b"last words" and line.reason == "enough"

    async def dropped(line, reader, writer):
        line.drop("enough")
        assert line.is_ending
        assert await line.read() == b""

    talk(finished)
    talk(dropped)


def test_slow_reader_is_dropped_and_the_writer_does_not_wait():
    async def work(line, reader, writer):
        writer.transport.pause_reading()
        count = 0
        while not line.is_ending:
            line.write(b"x" * 1_000)
            count += 1
            assert count < 100_000
            if count % 64 == 0:
                await asyncio.sleep(0)
        assert "did not take" in line.reason

    talk(work, queue_bytes_max=50_000)
