"""Virtual analysers: what they do when the centre answers, keeps silent or hangs up."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

from riverchief.monitor.virtual.analyser import Analyser, Sample
from riverkit.protocols.hj212 import Packet, StreamDecoder, answer, encode, write_qn

START = datetime(2026, 11, 20, tzinfo=UTC)
SAMPLES = [Sample(START + timedelta(minutes=5 * index), {"w21003": (0.5, "N")}) for index in range(4)]


@contextlib.asynccontextmanager
async def centre(behave):
    """A centre that asks `behave(packet, number)` what to do: "answer", "silence", "hang up" or "wrong"."""
    heard: list[Packet] = []

    async def serve(reader, writer):
        decoder = StreamDecoder()
        try:
            while received := await reader.read(4096):
                for item in decoder.feed(received):
                    heard.append(item)
                    match behave(item, len(heard)):
                        case "answer":
                            writer.write(answer(item))
                        case "wrong":
                            writer.write(answer(heard[0]))
                        case "hang up":
                            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


def run(behave, **how):
    async def scenario():
        async with centre(behave) as (port, heard):
            analyser = Analyser(
                "MN01", "123456", "127.0.0.1", port, answer_timeout_s=0.2, reconnect_s=0.01, **how
            )
            return await analyser.run(SAMPLES), heard

    return asyncio.run(scenario())


def test_every_upload_that_was_answered_is_counted_as_acknowledged():
    outcome, heard = run(lambda packet, number: "answer")
    assert outcome.acknowledged == [sample.data_time for sample in SAMPLES]
    assert (outcome.unacknowledged, outcome.resent) == ([], 0)
    assert [packet.data_time for packet in heard] == [sample.data_time for sample in SAMPLES]
    assert {(packet.mn, packet.pw, packet.cn, packet.wants_answer) for packet in heard} == {
        ("MN01", "123456", "2011", True)
    }


def test_an_analyser_tells_its_time_while_it_has_nothing_to_send_and_knows_no_other_request():
    def request(cn: str) -> bytes:
        return encode(
            Packet(st="21", cn=cn, mn="MN01", pw="123456", qn=f"202611200000000{cn[-2:]}", flag=5, fields=())
        )

    async def scenario():
        heard: list[Packet] = []
        told = asyncio.Event()

        async def serve(reader, writer):
            decoder = StreamDecoder()
            while received := await reader.read(4096):
                for item in decoder.feed(received):
                    heard.append(item)
                    if item.cn == "2011":
                        writer.write(answer(item) + request("1011") + request("1063"))
                if len(heard) == 5:
                    told.set()
            writer.close()

        async def one_and_then_nothing():
            yield SAMPLES[0]
            await told.wait()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with asyncio.timeout(20):
                await Analyser("MN01", "123456", "127.0.0.1", port).run(one_and_then_nothing())
        return heard[1:]

    ready, time, done, unknown = asyncio.run(scenario())
    assert [packet.cn for packet in (ready, time, done)] == ["9011", "1011", "9012"]
    assert {packet.qn for packet in (ready, time, done)} == {"20261120000000011"}
    assert len(time.get("SystemTime")) == 14
    assert (unknown.cn, unknown.get("QnRtn"), unknown.qn) == ("9011", "8", "20261120000000063")


def test_an_analyser_asked_for_history_sends_what_it_remembers():
    def kept(cn, begin, end):
        return [sample for sample in SAMPLES if begin <= sample.data_time <= end]

    def asked(begin: datetime) -> list[tuple[str, str | None]]:
        period = (("BeginTime", write_qn(begin)[:14]),), (("EndTime", write_qn(SAMPLES[-1].data_time)[:14]),)
        request = Packet(
            st="21", cn="2051", mn="MN01", pw="123456", qn="20261120000000051", flag=5, fields=period
        )
        said = StreamDecoder().feed(analyser.understand(request).reply)
        assert [packet.data_time for packet in said[1:-1]] == [
            sample.data_time for sample in SAMPLES if sample.data_time >= begin
        ]
        return [(packet.cn, packet.get("ExeRtn")) for packet in said]

    analyser = Analyser("MN01", "123456", "127.0.0.1", 1, history=kept)
    assert asked(SAMPLES[2].data_time) == [("9011", None), ("2011", None), ("2011", None), ("9012", "1")]
    assert asked(START + timedelta(days=1)) == [("9011", None), ("9012", "100")]


def test_silence_is_met_with_three_resends_of_the_same_packet_and_then_the_next():
    outcome, heard = run(lambda packet, number: "silence" if number <= 4 else "answer")
    assert outcome.unacknowledged == [SAMPLES[0].data_time]
    assert outcome.acknowledged == [sample.data_time for sample in SAMPLES[1:]]
    assert outcome.resent == 3
    assert len({packet.raw for packet in heard[:4]}) == 1


def test_the_answer_to_another_packet_acknowledges_nothing():
    outcome, _ = run(lambda packet, number: "wrong", resends=0)
    assert outcome.acknowledged == [SAMPLES[0].data_time]
    assert len(outcome.unacknowledged) == 3


def test_a_broken_connection_is_called_again_and_the_packet_sent_again():
    outcome, _ = run(lambda packet, number: "hang up" if number == 2 else "answer")
    assert len(outcome.acknowledged) == 4
    assert outcome.reconnected == 1


def test_two_uploads_of_one_instant_have_two_request_numbers():
    async def scenario():
        async with centre(lambda packet, number: "answer") as (port, heard):
            await Analyser("MN01", "123456", "127.0.0.1", port).run([SAMPLES[0], SAMPLES[0]])
            return heard

    first, second = asyncio.run(scenario())
    assert first.qn != second.qn
