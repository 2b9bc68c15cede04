using System;
using System.Text;
using System.Threading;
using Unkey.Engine;
using Unkey.Engine.Events;
using Unkey.Protocol;
using Unkey.Server.ControlPlane;
using Unkey.Server.Hot;

namespace Unkey.Server.Events;

/// <summary>Publishes what is decided off the reactors, into a ring of its own. Any thread; a short lock makes one producer of them.</summary>
internal sealed class ColdEvents
{
    private readonly Lock _producer = new();

    // Under the lock; null before the pipeline is open and after it is closed, and then nothing is published.
    private EventRing? _ring;

    /// <summary>Publishes into a ring from now on.</summary>
    public void Attach(EventRing ring)
    {
        lock (_producer)
        {
            _ring = ring;
        }
    }

    /// <summary>Publishes nothing from now on. When this returns nobody uses the ring any more, whatever calls still run.</summary>
    public void Detach()
    {
        lock (_producer)
        {
            _ring = null;
        }
    }

    /// <summary>Publishes an answered verification.</summary>
    /// <param name="request">The call.</param>
    /// <param name="engine">Where the names behind a record's indexes are.</param>
    /// <param name="asked">The request, for its tags.</param>
    /// <param name="input">What was asked.</param>
    /// <param name="outcome">What it came to; outcomes that are errors are not events.</param>
    /// <param name="result">The found key.</param>
    public void Verified(
        ColdRequest request, EngineState engine, in VerifyKeyRequest asked, in VerifyInput input, VerifyOutcome outcome, VerifyResult result)
    {
        bool isAnswer = outcome is not (VerifyOutcome.BadQuery or VerifyOutcome.UnknownLimit or VerifyOutcome.WorkspaceDisabled or VerifyOutcome.NotCounted);
        lock (_producer)
        {
            if (_ring is { } ring && isAnswer)
            {
                DecisionEvents.Verified(
                    ring, engine, in asked, in input, outcome, result, Encoding.ASCII.GetBytes(request.RequestId), request.StartTimestamp);
            }
        }
    }

    /// <summary>Publishes the checks of a rate-limit request.</summary>
    /// <param name="request">The call.</param>
    /// <param name="engine">Where the names behind a record's indexes are.</param>
    /// <param name="input">What was asked.</param>
    /// <param name="isBatch">Whether it is a multiLimit request; a single check may ask for no event.</param>
    /// <param name="result">What came of it.</param>
    public void Decided(ColdRequest request, EngineState engine, in RatelimitInput input, bool isBatch, RatelimitResult result)
    {
        lock (_producer)
        {
            if (_ring is { } ring && (isBatch || !request.IsSilent))
            {
                DecisionEvents.Decided(ring, engine, in input, result, Encoding.ASCII.GetBytes(request.RequestId), request.StartTimestamp);
            }
        }
    }

    /// <summary>Publishes an answered request, as long as the ring is less than half full.</summary>
    /// <param name="request">The call.</param>
    /// <param name="response">Its answer.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public void Answered(ColdRequest request, ColdResponse response, long nowMs)
    {
        RequestEvent answered = new()
        {
            TimeMs = nowMs,
            LatencyNs = DecisionEvents.ElapsedNs(request.StartTimestamp),
            Status = response.Status,
            RequestId = Utf8(request.RequestId),
            WorkspaceId = Utf8(response.Caller?.WorkspaceId),
            RootKeyId = Utf8(response.Caller?.KeyId),
            Host = Utf8(request.Host),
            Method = Utf8(request.Method),
            Path = Utf8(request.Path),
            Error = Utf8(response.ErrorCode),
            UserAgent = Utf8(request.UserAgent),
            Address = Utf8(request.PeerAddress),
        };
        lock (_producer)
        {
            if (_ring is { } ring && ring.TryReserveSpare(answered.BytesMax(), out EventWriter writer))
            {
                answered.WriteTo(ref writer);
                ring.Publish(in writer);
            }
        }
    }

    private static ReadOnlySpan<byte> Utf8(string? text) => text is null ? default : RequestLog.Cut(Encoding.UTF8.GetBytes(text));
}
