using System;
using System.Threading;
using System.Threading.Tasks;
using Unkey.Engine.Events;

namespace Unkey.Server.Events.ClickHouse;

/// <summary>Events into ClickHouse: an insert a table and batch, each with a token of its own.</summary>
/// <remarks>Tables and views are made at the first delivery, so that a server starts without ClickHouse and catches up.</remarks>
internal sealed class ClickHouseEventSink : IEventSink
{
    private const string InsertVerifications =
        "INSERT INTO key_verifications_raw_v2 (request_id, time, workspace_id, key_space_id, identity_id, external_id, key_id, region, source, app_id,"
        + " outcome, tags, spent_credits, latency) FORMAT RowBinary";

    private const string InsertRatelimits =
        "INSERT INTO ratelimits_raw_v2 (request_id, time, workspace_id, namespace_id, identifier, passed, latency, override_id, `limit`, remaining,"
        + " reset_at, tokens) FORMAT RowBinary";

    private const string InsertRequests =
        "INSERT INTO api_requests_raw_v2 (request_id, time, workspace_id, root_key_id, host, method, path, response_status, error, service_latency,"
        + " user_agent, ip_address) FORMAT RowBinary";

    private const double NsPerMs = 1e6;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly ClickHouseClient _client;
    private readonly int _retentionDays;
    private readonly RowBinaryWriter _verifications = new();
    private readonly RowBinaryWriter _ratelimits = new();
    private readonly RowBinaryWriter _requests = new();
    private bool _isPrepared;

    /// <summary>Creates the sink; nothing is sent yet.</summary>
    /// <param name="address">The server.</param>
    /// <param name="retentionDays">Days that raw events are kept; 0 for ever.</param>
    /// <param name="timeout">How long a request may take; half a minute when not given.</param>
    public ClickHouseEventSink(ClickHouseAddress address, int retentionDays, TimeSpan? timeout = null)
    {
        _client = new ClickHouseClient(address, timeout ?? s_timeout);
        _retentionDays = retentionDays;
        Description = address.ToString();
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public async Task DeliverAsync(EventBatch batch, CancellationToken cancellation)
    {
        if (!_isPrepared)
        {
            foreach (string statement in ClickHouseSchema.Statements(_retentionDays))
            {
                await _client.ExecuteAsync(statement, cancellation).ConfigureAwait(false);
            }

            _isPrepared = true;
        }

        try
        {
            await InsertAsync(batch, cancellation).ConfigureAwait(false);
        }
        catch (EventSinkException)
        {
            // Perhaps because the tables are gone: the server was replaced, or somebody dropped the database.
            _isPrepared = false;
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task InsertAsync(EventBatch batch, CancellationToken cancellation)
    {
        Encode(batch);
        if (batch.Verifications > 0)
        {
            await _client.InsertAsync(InsertVerifications, _verifications.Written, batch.Token + "-v", cancellation).ConfigureAwait(false);
        }

        if (batch.Ratelimits > 0)
        {
            await _client.InsertAsync(InsertRatelimits, _ratelimits.Written, batch.Token + "-r", cancellation).ConfigureAwait(false);
        }

        if (batch.Requests > 0)
        {
            await _client.InsertAsync(InsertRequests, _requests.Written, batch.Token + "-q", cancellation).ConfigureAwait(false);
        }
    }

    private void Encode(EventBatch batch)
    {
        _verifications.Clear();
        _ratelimits.Clear();
        _requests.Clear();
        int offset = 0;
        while (batch.TryNext(ref offset, out ReadOnlySpan<byte> payload))
        {
            if (VerificationEvent.TryRead(payload, out VerificationEvent verification))
            {
                Encode(in verification);
            }
            else if (RatelimitEvent.TryRead(payload, out RatelimitEvent limit))
            {
                Encode(in limit);
            }
            else if (RequestEvent.TryRead(payload, out RequestEvent request))
            {
                Encode(RequestEventRow.Of(in request));
            }
        }
    }

    // From UTF-8 to UTF-8: strings in between would cost more than everything else here.
    private void Encode(in VerificationEvent item)
    {
        _verifications.Text(item.RequestId);
        _verifications.Number(item.TimeMs);
        _verifications.Text(item.WorkspaceId);
        _verifications.Text(item.KeyspaceId);
        _verifications.Text(item.IdentityId);
        _verifications.Text(item.ExternalId);
        _verifications.Text(item.KeyId);
        _verifications.Text("");
        _verifications.Text(VerificationEventRow.Source);
        _verifications.Text("");
        _verifications.Text(VerificationEventRow.NameUtf8(item.Outcome));
        _verifications.Length(item.TagCount);
        EventReader tags = item.Tags;
        for (int i = 0; i < item.TagCount; i++)
        {
            _verifications.Text(tags.Text());
        }

        _verifications.Number(item.SpentCredits);
        _verifications.Double(item.LatencyNs / NsPerMs);
    }

    private void Encode(in RatelimitEvent item)
    {
        _ratelimits.Text(item.RequestId);
        _ratelimits.Number(item.TimeMs);
        _ratelimits.Text(item.WorkspaceId);
        _ratelimits.Text(item.NamespaceId);
        _ratelimits.Text(item.Identifier);
        _ratelimits.Flag(item.Passed);
        _ratelimits.Double(item.LatencyNs / NsPerMs);
        _ratelimits.Text(item.OverrideId);
        _ratelimits.Number(item.Limit);
        _ratelimits.Number(item.Remaining);
        _ratelimits.Number(item.ResetMs);
        _ratelimits.Number(item.Tokens);
    }

    private void Encode(RequestEventRow row)
    {
        _requests.Text(row.RequestId);
        _requests.Number(row.TimeMs);
        _requests.Text(row.WorkspaceId);
        _requests.Text(row.RootKeyId);
        _requests.Text(row.Host);
        _requests.Text(row.Method);
        _requests.Text(row.Path);
        _requests.Integer(row.Status);
        _requests.Text(row.Error);
        _requests.Number((long)Math.Round(row.LatencyMs));
        _requests.Text(row.UserAgent);
        _requests.Text(row.Address);
    }
}
