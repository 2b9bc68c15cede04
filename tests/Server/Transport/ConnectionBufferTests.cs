using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using CsCheck;
using Unkey.Server.Transport;
using Xunit;

namespace Unkey.Server.Tests.Transport;

public sealed class ConnectionBufferTests
{
    [Fact]
    public void InputGivesBackExactlyWhatArrivedAtAnyCutOfReceivesAndConsumes()
    {
        Gen.Select(Gen.Int[1, 5_000], Gen.Int[0, 6_000]).List[1, 60].Sample(steps =>
        {
            var pool = new BufferPool();
            var input = new ConnectionInput(pool);
            var expected = new Queue<byte>();
            byte next = 0;
            foreach ((int receive, int consume) in steps)
            {
                Span<byte> room = input.GetReceiveSpan();
                int count = Math.Min(receive, room.Length);
                for (int i = 0; i < count; i++)
                {
                    room[i] = next;
                    expected.Enqueue(next++);
                }

                input.Received(count);
                Assert.Equal(expected.ToArray(), input.Peek().ToArray());

                int taken = Math.Min(consume, input.Length);
                input.Consume(taken);
                for (int i = 0; i < taken; i++)
                {
                    expected.Dequeue();
                }

                Assert.Equal(expected.Count, input.Length);
                Assert.Equal(expected.ToArray(), input.Peek().ToArray());
            }

            input.Complete();
            Assert.Equal(0, pool.RentedCount);
        });
    }

    [Fact]
    public void AnEmptyInputHoldsNoBlock()
    {
        var pool = new BufferPool();
        var input = new ConnectionInput(pool);
        input.GetReceiveSpan();
        input.Received(10);
        input.Consume(10);
        Assert.Equal(0, pool.RentedCount);
        input.GetReceiveSpan();
        input.ReleaseIfEmpty();
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void ThePipeReaderSurfaceConsumesUpToAPosition()
    {
        var pool = new BufferPool();
        var input = new ConnectionInput(pool);
        byte[] sent = Enumerable.Range(0, 40_000).Select(static i => (byte)i).ToArray();
        Fill(input, sent);
        Assert.True(input.TryRead(out System.IO.Pipelines.ReadResult result));
        Assert.False(result.Buffer.IsSingleSegment);
        input.AdvanceTo(result.Buffer.GetPosition(20_001));
        Assert.Equal(sent[20_001..], input.Peek().ToArray());
    }

    [Fact]
    public void OutputLeavesInTheOrderWrittenAtAnyCutOfSends()
    {
        Gen.Select(Gen.Int[1, 40_000], Gen.Int[0, 50_000]).List[1, 40].Sample(steps =>
        {
            var pool = new BufferPool();
            var output = new ConnectionOutput(pool);
            var written = new List<byte>();
            var sent = new List<byte>();
            byte next = 0;
            foreach ((int write, int send) in steps)
            {
                Span<byte> room = output.GetSpan(write);
                for (int i = 0; i < write; i++)
                {
                    room[i] = next;
                    written.Add(next++);
                }

                output.Advance(write);
                ReadOnlyMemory<byte> first = output.FirstUnsent();
                int count = Math.Min(send, first.Length);
                sent.AddRange(first.Span[..count]);
                output.Sent(count);
                Assert.Equal(written.Count - sent.Count, output.Unsent);
            }

            while (output.Unsent > 0)
            {
                ReadOnlyMemory<byte> first = output.FirstUnsent();
                sent.AddRange(first.Span);
                output.Sent(first.Length);
            }

            Assert.Equal(written, sent);
            Assert.Equal(0, pool.RentedCount);
        });
    }

    [Fact]
    public async Task WaitingOnAReactorIsRefused()
    {
        var input = new ConnectionInput(new BufferPool());
        await Assert.ThrowsAsync<NotSupportedException>(async () => await input.ReadAsync());
    }

    private static void Fill(ConnectionInput input, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> room = input.GetReceiveSpan();
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            input.Received(count);
            bytes = bytes[count..];
        }
    }
}
