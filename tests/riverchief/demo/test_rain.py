"""The demo's rain, and the stations that send it over SL 651."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from riverchief.demo.rain import DRY_AFTER, DRY_BEFORE, HOUR, Sky, full_hours
from riverchief.monitor.virtual.hydrological import HydrologicalStation, device_password
from riverkit.protocols.sl651 import StreamDecoder, answer

END = datetime(2026, 11, 20, 4, 20, tzinfo=UTC)
SKY = Sky(2026, END)


def test_it_rains_on_some_days_of_the_history_and_never_around_the_story():
    def total(number, start, end):
        return sum(SKY.fallen_mm(number, at) for at in full_hours(start, end))

    assert [total(number, END - DRY_BEFORE, END + DRY_AFTER) for number in (1, 2)] == [0.0, 0.0]
    before = [total(number, END - timedelta(days=60), END) for number in (1, 2)]
    assert all(amount > 10 for amount in before)
    assert before[0] != before[1]
    of_day = [total(1, END - timedelta(days=day + 1), END - timedelta(days=day)) for day in range(60)]
    assert sum(amount > 0 for amount in of_day) < 45


def test_history_and_stream_belong_to_one_series():
    start = END - timedelta(days=20)
    rows = list(SKY.history(1, 5, start, END))
    sent = list(SKY.samples(1, start, END))
    assert [row.period_start + HOUR for row in rows] == [sample.data_time for sample in sent]
    assert [row.value for row in rows] == [sample.values["P1"][0] for sample in sent]
    assert len(rows) == 20 * 24


@pytest.mark.parametrize("encoding", ["hex", "ascii"])
def test_a_hydrological_station_sends_again_what_nobody_confirmed_and_gives_up_in_the_end(encoding):
    heard = []

    async def serve(reader, writer):
        decoder = StreamDecoder()
        while received := await reader.read(4096):
            for packet in decoder.feed(received):
                heard.append(packet)
                if len(heard) > 1 and packet.serial != 3:
                    writer.write(answer(packet, datetime.now(UTC)))
        writer.close()

    async def scene():
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            station = HydrologicalStation(
                "0099000001",
                device_password("123456"),
                "127.0.0.1",
                port,
                answer_timeout_s=0.2,
                encoding=encoding,
            )
            return await station.run(SKY.samples(1, END - timedelta(hours=3), END))

    outcome = asyncio.run(scene())
    first, second, third = full_hours(END - timedelta(hours=3), END)
    assert (outcome.acknowledged, outcome.unacknowledged) == ([first, second], [third])
    assert [packet.serial for packet in heard] == [1, 1, 2, 3, 3, 3]
    assert {packet.observed_at for packet in heard} == {first, second, third}
