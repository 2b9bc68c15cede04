using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Unkey.Server.Events;
using Xunit;

namespace Unkey.Server.Tests.Events;

public sealed class SpoolTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("unkey-spool-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void ABatchIsReadAsItWasSealed()
    {
        EventSpool spool = Open(out _);
        EventBatchBuilder builder = Builder(3);
        (long number, EventBatch batch) = spool.Seal(builder, [new RingPosition(7, 4096)])!.Value;
        builder.Clear();
        EventBatch read = Open(out SpoolClaims claims).Read(number)!;
        Assert.Equal((batch.Token, 3, 0), (read.Token, read.Verifications, read.Ratelimits));
        Assert.True(read.Events.Span.SequenceEqual(batch.Events.Span));
        Assert.Equal((4096, 5000, 16), (claims.SealedUpTo(7, 0), claims.SealedUpTo(7, 5000), claims.SealedUpTo(8, 16)));
        int offset = 0;
        for (int i = 0; i < 3; i++)
        {
            Assert.True(read.TryNext(ref offset, out ReadOnlySpan<byte> payload));
            Assert.Equal([1, (byte)i], payload.ToArray());
        }

        Assert.False(read.TryNext(ref offset, out _));
    }

    /// <summary>What a version before the one with requests left is read: its head ends four bytes earlier.</summary>
    [Fact]
    public void ABatchOfTheFirstVersionIsRead()
    {
        EventSpool spool = Open(out _);
        EventBatch batch = spool.Seal(Builder(3), [new RingPosition(7, 4096)])!.Value.Batch;
        string path = Directory.GetFiles(_directory).Single();
        byte[] now = File.ReadAllBytes(path)[..^SHA256.HashSizeInBytes];
        byte[] then = [.. now[..44], .. now[48..]];
        then[8] = 1;
        File.WriteAllBytes(path, [.. then, .. SHA256.HashData(then)]);
        Assert.True(SpoolFile.TryRead(path, out EventBatch read, out List<RingPosition> positions));
        Assert.Equal((batch.Token, 3, 0, 0), (read.Token, read.Verifications, read.Ratelimits, read.Requests));
        Assert.True(read.Events.Span.SequenceEqual(batch.Events.Span));
        Assert.Equal([new(7, 4096)], positions);
    }

    /// <summary>One changed, lost or added byte anywhere: the batch is not delivered, and the others are.</summary>
    [Fact]
    public void ADamagedBatchIsSetAside()
    {
        EventSpool spool = Open(out _);
        spool.Seal(Builder(5), [new RingPosition(1, 16)]);
        string path = Directory.GetFiles(_directory).Single();
        byte[] sound = File.ReadAllBytes(path);
        Gen.Select(Gen.Int[0, sound.Length - 1], Gen.Int[0, 2], Gen.Byte[1, 255]).Sample(
            (at, kind, mask) =>
            {
                byte[] damaged = kind switch
                {
                    0 => [.. sound[..at], (byte)(sound[at] ^ mask), .. sound[(at + 1)..]],
                    1 => sound[..at],
                    _ => [.. sound, mask],
                };
                File.WriteAllBytes(path, damaged);
                return !SpoolFile.TryRead(path, out _, out _);
            },
            iter: 500,
            threads: 1);
        File.WriteAllBytes(path, sound[..^1]);
        EventSpool found = Open(out SpoolClaims claims);
        Assert.Empty(found.Numbers());
        Assert.Equal(0, claims.SealedUpTo(1, 0));
        Assert.Equal([".damaged"], Directory.GetFiles(_directory).Select(Path.GetExtension));
    }

    [Fact]
    public void TheOldestAreKeptWhenTheSpoolIsFull()
    {
        EventSpool spool = EventSpool.Open(_directory, 1_150, NullLogger.Instance, out _);
        List<long> numbers = [];
        while (spool.Seal(Builder(20), []) is { } made)
        {
            numbers.Add(made.Number);
        }

        Assert.InRange(numbers.Count, 2, 8);
        Assert.Equal(numbers, spool.Numbers());

        // Nor is there room for a smaller one: else the spool would be full and not full in turn, and the log say so each time.
        Assert.Null(spool.Seal(Builder(1), []));
        spool.Remove(numbers[0]);
        Assert.NotNull(spool.Seal(Builder(20), []));
        Assert.Equal(Directory.GetFiles(_directory, "*.events").Sum(static path => new FileInfo(path).Length), spool.Bytes);
    }

    [Fact]
    public void WhatWasNotSealedIsRemovedAndNumbersGoOn()
    {
        EventSpool spool = Open(out _);
        long first = spool.Seal(Builder(1), [])!.Value.Number;
        File.WriteAllText(Path.Combine(_directory, "0000000000000009.unfinished"), "cut off");
        EventSpool next = Open(out _);
        Assert.Equal(first + 1, next.Seal(Builder(1), [])!.Value.Number);
        Assert.Equal(2, Directory.GetFiles(_directory).Length);
    }

    private static EventBatchBuilder Builder(int events)
    {
        EventBatchBuilder builder = new();
        for (int i = 0; i < events; i++)
        {
            Assert.True(builder.Add([1, (byte)i]));
        }

        Assert.False(builder.Add([99]));
        return builder;
    }

    private EventSpool Open(out SpoolClaims claims) => EventSpool.Open(_directory, 1 << 20, NullLogger.Instance, out claims);
}
