using System;
using System.Text;
using Microsoft.Data.Sqlite;
using Unkey.Engine.Events;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The statements that write raw events. One thread, inside its transaction.</summary>
internal sealed class EventTables : IDisposable
{
    private const double NsPerMs = 1e6;

    private readonly TagsWriter _tags = new();
    private readonly SqliteStatement _claim;
    private readonly SqliteStatement _insertVerification;
    private readonly SqliteStatement _insertRatelimit;
    private readonly SqliteStatement _insertRequest;

    /// <summary>Prepares the statements.</summary>
    public EventTables(SqliteConnection connection)
    {
        _claim = new SqliteStatement(connection, "INSERT OR IGNORE INTO delivered_batches (token, delivered_at) VALUES (?, ?)");
        _insertVerification = new SqliteStatement(
            connection,
            """
            INSERT INTO key_verifications_v1 (time, workspace_id, key_space_id, identity_id, external_id, key_id, request_id, region, source, app_id,
                outcome, tags, spent_credits, latency)
            VALUES (?, ?, ?, ?, ?, ?, ?, '', 'api', '', ?, ?, ?, ?)
            """);
        _insertRatelimit = new SqliteStatement(
            connection,
            """
            INSERT INTO ratelimits_v1 (time, workspace_id, namespace_id, identifier, request_id, passed, latency, override_id, "limit", remaining, reset_at, tokens)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _insertRequest = new SqliteStatement(
            connection,
            """
            INSERT INTO api_requests_raw_v2 (time, workspace_id, request_id, root_key_id, host, method, path, response_status, error, service_latency,
                user_agent, ip_address)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
    }

    /// <summary>Notes that a batch is stored with this transaction.</summary>
    /// <returns>False when it was stored before.</returns>
    public bool TryClaim(string token, long nowMs) => _claim.Text(Encoding.UTF8.GetBytes(token)).Number(nowMs).Run() == 1;

    /// <summary>Adds a verification.</summary>
    public void Insert(in VerificationEvent item) => _insertVerification
        .Number(item.TimeMs)
        .Text(item.WorkspaceId)
        .Text(item.KeyspaceId)
        .Text(item.IdentityId)
        .Text(item.ExternalId)
        .Text(item.KeyId)
        .Text(item.RequestId)
        .Text(VerificationEventRow.NameUtf8(item.Outcome))
        .Text(_tags.Array(in item))
        .Number(item.SpentCredits)
        .Fraction(item.LatencyNs / NsPerMs)
        .Run();

    /// <summary>Adds a decision.</summary>
    public void Insert(in RatelimitEvent item) => _insertRatelimit
        .Number(item.TimeMs)
        .Text(item.WorkspaceId)
        .Text(item.NamespaceId)
        .Text(item.Identifier)
        .Text(item.RequestId)
        .Number(item.Passed ? 1 : 0)
        .Fraction(item.LatencyNs / NsPerMs)
        .Text(item.OverrideId)
        .Number(item.Limit)
        .Number(item.Remaining)
        .Number(item.ResetMs)
        .Number(item.Tokens)
        .Run();

    /// <summary>Adds a request.</summary>
    public void Insert(in RequestEvent item) => _insertRequest
        .Number(item.TimeMs)
        .Text(item.WorkspaceId)
        .Text(item.RequestId)
        .Text(item.RootKeyId)
        .Text(item.Host)
        .Text(item.Method)
        .Text(item.Path)
        .Number(item.Status)
        .Text(item.Error)
        .Fraction(item.LatencyNs / NsPerMs)
        .Text(item.UserAgent)
        .Text(item.Address)
        .Run();

    /// <inheritdoc/>
    public void Dispose()
    {
        _tags.Dispose();
        _claim.Dispose();
        _insertVerification.Dispose();
        _insertRatelimit.Dispose();
        _insertRequest.Dispose();
    }
}
