using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Threading;
using Unkey.Engine.Events;
using Unkey.Tests.Oracles;
using Unkey.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Unkey.Engine.Tests.Events;

/// <summary>A producer and a consumer under real threads against a model: what the consumer sees is what was published, whole, once, in order, and nothing is missing but what was counted.</summary>
public sealed class EventRingStressTests(ITestOutputHelper output)
{
    private const long EventsMin = 400_000;
    private const int PayloadMax = 200;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public void AProducerAndAConsumerOnTheirThreadsLoseTearAndMixNothing()
    {
        using Stress stress = new(Flaw.None, TestSeed.Create(output, out string replay));
        Assert.True(stress.Run() is null, $"{stress.Failure} {replay}");
        output.WriteLine($"{stress.Consumed} events, {stress.Dropped} dropped, {stress.Laps} times around");
        Assert.True(stress.Consumed >= EventsMin, $"Only {stress.Consumed} events came through.");
        Assert.True(stress.Dropped > 100, $"Only {stress.Dropped} events found no room: the ring was never full.");
        Assert.True(stress.Laps > 100, $"The ring went around {stress.Laps} times only.");
    }

    /// <summary>The controls: twins with one flaw each, which the same run must notice.</summary>
    [Theory]
    [InlineData(Flaw.TailBeforeHead)]
    [InlineData(Flaw.PayloadAfterTail)]
    [InlineData(Flaw.IgnoresTheHead)]
    [InlineData(Flaw.ReleasesBeforeReading)]
    [InlineData(Flaw.ForgetsToSkip)]
    public void ATwinWithAFlawIsCaught(Flaw flaw)
    {
        using Stress stress = new(flaw, TestSeed.Create(output, out _));
        Assert.True(stress.Run() is not null, $"The run did not notice {flaw}, so it proves nothing about the ring.");
        output.WriteLine(stress.Failure);
    }

    /// <summary>What a twin does wrong.</summary>
    public enum Flaw
    {
        None,

        /// <summary>The tail says that a record is there, and then its head is written.</summary>
        TailBeforeHead,

        /// <summary>Head and tail first, the payload last.</summary>
        PayloadAfterTail,

        /// <summary>The producer takes room that the consumer still reads.</summary>
        IgnoresTheHead,

        /// <summary>The consumer gives room back and then reads it.</summary>
        ReleasesBeforeReading,

        /// <summary>A record is written over the end of the data and not moved to its start.</summary>
        ForgetsToSkip,
    }

    private sealed unsafe class Stress : IDisposable
    {
        private readonly Flaw _flaw;
        private readonly Random _random;
        private readonly SharedMemory _memory = new(EventRing.MemoryBytes(RingScene.Capacity) + 4096);
        private readonly EventRing _ring;
        private readonly byte[] _pattern = new byte[PayloadMax + 256];
        private volatile string? _failure;
        private volatile bool _stop;
        private long _published;

        public Stress(Flaw flaw, Random random)
        {
            _flaw = flaw;
            _random = random;
            _ring = EventRing.Create(_memory, RingScene.Capacity);
            random.NextBytes(_pattern);
        }

        public string? Failure => _failure;

        public long Consumed { get; private set; }

        public long Dropped => _ring.Dropped;

        public long Laps => _ring.Tail / RingScene.Capacity;

        public void Dispose() => _ring.Dispose();

        public string? Run()
        {
            int seed = _random.Next();
            Thread producer = new(() => Produce(new Random(seed)));
            producer.Start();
            try
            {
                Consume();
            }
            finally
            {
                _stop = true;
                producer.Join();
            }

            if (_failure is null)
            {
                // What the producer still published is there as well, to the last.
                Drain();
                if (Consumed != Volatile.Read(ref _published))
                {
                    _failure = $"{_published} events were published and {Consumed} came through";
                }
            }

            return _failure;
        }

        private void Produce(Random random)
        {
            long number = 0;
            while (!_stop && _failure is null)
            {
                // Faster than the consumer for a while, then slower: the ring is full and empty in turn.
                if (number % 4_096 == 0 && random.Next(4) == 0)
                {
                    Thread.Yield();
                }

                long dropped = _ring.Dropped;
                if (TryPublish(number, sizeof(long) + random.Next(PayloadMax - sizeof(long))))
                {
                    number++;
                    Volatile.Write(ref _published, number);
                }
                else if (_ring.Dropped != dropped + 1 && _flaw is Flaw.None)
                {
                    _failure = "an event found no room and was not counted";
                }
                else
                {
                    Thread.Yield();
                }
            }
        }

        private bool TryPublish(long number, int length)
        {
            if (_flaw is Flaw.None or Flaw.ReleasesBeforeReading)
            {
                if (!_ring.TryReserve(length, out EventWriter writer))
                {
                    return false;
                }

                writer.Number(number);
                foreach (byte value in Rest(number, length))
                {
                    writer.Byte(value);
                }

                _ring.Publish(in writer);
                return true;
            }

            return TryPublishWithFlaw(number, length);
        }

        // The twin: the same stores into the same memory, but for its flaw.
        private bool TryPublishWithFlaw(long number, int length)
        {
            byte* start = (byte*)_memory.DangerousGetHandle();
            byte* data = start + RingScene.DataOffset;
            const long Mask = RingScene.Capacity - 1;
            long tail = Volatile.Read(ref *(long*)(start + 128));
            long head = _flaw == Flaw.IgnoresTheHead ? tail : Volatile.Read(ref *(long*)(start + 256));
            int record = (length + RingScene.HeadBytes + 15) & -16;
            long beforeEnd = RingScene.Capacity - (tail & Mask);
            bool skips = record > beforeEnd && _flaw != Flaw.ForgetsToSkip;
            if (tail + record + (skips ? beforeEnd : 0) - head > RingScene.Capacity)
            {
                return false;
            }

            if (skips)
            {
                WriteHead(data + (tail & Mask), (uint)beforeEnd | (1U << 31), 0, tail);
                tail += beforeEnd;
            }

            byte* at = data + (tail & Mask);
            Span<byte> payload = new(at + RingScene.HeadBytes, length);
            Span<byte> bytes = stackalloc byte[PayloadMax];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
            Rest(number, length).CopyTo(bytes[sizeof(long)..]);
            fixed (byte* source = bytes)
            {
                uint checksum = EventRing.Checksum(source, length, tail);
                if (_flaw == Flaw.PayloadAfterTail)
                {
                    WriteHead(at, (uint)length, checksum, tail);
                    Volatile.Write(ref *(long*)(start + 128), tail + record);
                    bytes[..length].CopyTo(payload);
                    return true;
                }

                bytes[..length].CopyTo(payload);
                if (_flaw == Flaw.TailBeforeHead)
                {
                    Volatile.Write(ref *(long*)(start + 128), tail + record);
                    WriteHead(at, (uint)length, checksum, tail);
                    return true;
                }

                WriteHead(at, (uint)length, checksum, tail);
                Volatile.Write(ref *(long*)(start + 128), tail + record);
                return true;
            }
        }

        private static void WriteHead(byte* at, uint length, uint checksum, long position)
        {
            Volatile.Write(ref *(ulong*)at, length | ((ulong)checksum << 32));
            Volatile.Write(ref *(long*)(at + 8), position);
        }

        private void Consume()
        {
            long start = Stopwatch.GetTimestamp();
            int rounds = 0;
            while (_failure is null && (Consumed < EventsMin || Dropped <= 100 || _flaw != Flaw.None))
            {
                Drain();
                if (++rounds % 64 == 0)
                {
                    if (Stopwatch.GetElapsedTime(start) > s_deadline)
                    {
                        return;
                    }

                    // Now and then long enough for the ring to be full.
                    Thread.SpinWait(rounds % 1024 == 0 ? 100_000 : 0);
                    Thread.Yield();
                }
            }
        }

        private void Drain()
        {
            long position = _ring.Head;
            while (_failure is null)
            {
                // Read first: what this tail has passed must be whole when it is read after it.
                long tail = _ring.Tail;
                if (!_ring.TryRead(ref position, out ReadOnlySpan<byte> payload))
                {
                    if (position < tail)
                    {
                        _failure = $"event {Consumed}, at {position}: the tail is behind it and it is not whole";
                    }

                    return;
                }

                if (_flaw == Flaw.ReleasesBeforeReading)
                {
                    _ring.Release(position);
                    Thread.SpinWait(Consumed % 1_000 == 0 ? 20_000 : 0);
                }

                Check(payload);
                Consumed++;
                _ring.Release(position);
            }
        }

        private void Check(ReadOnlySpan<byte> payload)
        {
            long number = payload.Length < sizeof(long) ? -1 : BinaryPrimitives.ReadInt64LittleEndian(payload);
            if (number != Consumed)
            {
                _failure = $"event {Consumed} was expected and {number} found";
            }
            else if (!payload[sizeof(long)..].SequenceEqual(Rest(number, payload.Length)))
            {
                _failure = $"event {number} is mixed with another";
            }
        }

        private ReadOnlySpan<byte> Rest(long number, int length) => _pattern.AsSpan((int)(number & 255), length - sizeof(long));
    }
}
