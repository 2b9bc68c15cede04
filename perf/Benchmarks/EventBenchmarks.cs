using System.IO.MemoryMappedFiles;
using BenchmarkDotNet.Attributes;
using Unkey.Engine;
using Unkey.Engine.Events;

namespace Unkey.Perf;

/// <summary>One verification with an identity and a tag, published to a ring in mapped memory that is emptied as it fills.</summary>
public class EventBenchmarks
{
    private const long Capacity = 1 << 20;

    private readonly MemoryMappedFile _file = MemoryMappedFile.CreateNew(null, EventRing.MemoryBytes(Capacity));
    private MemoryMappedViewAccessor _view = null!;
    private EventRing _ring = null!;

    [GlobalSetup]
    public void Setup()
    {
        _view = _file.CreateViewAccessor();
        _ring = EventRing.Create(_view.SafeMemoryMappedViewHandle, Capacity);
        long position = _ring.Head;
        Validate.That(Publish());
        Validate.That(_ring.TryRead(ref position, out System.ReadOnlySpan<byte> payload));
        Validate.That(VerificationEvent.TryRead(payload, out VerificationEvent read) && read.TagCount == 1);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _ring.Dispose();
        _view.Dispose();
        _file.Dispose();
    }

    [Benchmark]
    public bool Publish() => Publish(_ring);

    /// <summary>Publishes the event of these benchmarks, and frees its room.</summary>
    internal static bool Publish(EventRing ring)
    {
        VerificationEvent item = new()
        {
            Outcome = VerifyOutcome.Valid,
            TimeMs = 1_800_000_000_000,
            LatencyNs = 1_500,
            RequestId = "req_A1b2C3d4E"u8,
            WorkspaceId = "ws_A1b2C3d4E"u8,
            KeyspaceId = "ks_A1b2C3d4E"u8,
            KeyId = "key_A1b2C3d4E"u8,
            IdentityId = "id_A1b2C3d4E"u8,
            ExternalId = "user_1234567"u8,
            TagCount = 1,
        };
        if (!ring.TryReserve(item.BytesMax(19), out EventWriter writer))
        {
            return false;
        }

        item.WriteTo(ref writer);
        writer.Text("path=/v1/documents/"u8);
        ring.Publish(in writer);
        ring.Release(ring.Tail);
        return true;
    }

    /// <summary>What the log of requests adds to a verification, without reading the clock and drawing the sample.</summary>
    [Benchmark]
    public bool PublishRequest()
    {
        RequestEvent item = new()
        {
            TimeMs = 1_800_000_000_000,
            LatencyNs = 1_500,
            Status = 200,
            RequestId = "req_A1b2C3d4E"u8,
            WorkspaceId = "ws_A1b2C3d4E"u8,
            RootKeyId = "key_A1b2C3d4E"u8,
            Host = "unkey.example.internal:8080"u8,
            Method = "POST"u8,
            Path = "/v2/keys.verifyKey"u8,
            UserAgent = "speakeasy-sdk/typescript 2.1.0 2.7 @unkey/api"u8,
            Address = "10.20.30.40"u8,
        };
        if (!_ring.TryReserveSpare(item.BytesMax(), out EventWriter writer))
        {
            return false;
        }

        item.WriteTo(ref writer);
        _ring.Publish(in writer);
        _ring.Release(_ring.Tail);
        return true;
    }
}
