using System;
using System.Collections.Generic;
using Microsoft.Data.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>The statements that write the embedded event store. One thread, inside its transaction.</summary>
internal sealed class EventTables : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _claim;
    private readonly SqliteCommand _insertVerification;
    private readonly SqliteCommand _insertRatelimit;
    private readonly SqliteCommand _insertRequest;
    private readonly Dictionary<RollUpUnit, SqliteCommand> _addVerifications = [];
    private readonly Dictionary<RollUpUnit, SqliteCommand> _addRatelimits = [];
    private readonly Dictionary<RollUpUnit, SqliteCommand> _addRequests = [];

    /// <summary>Prepares the statements.</summary>
    public EventTables(SqliteConnection connection)
    {
        _connection = connection;
        _claim = Prepare("INSERT OR IGNORE INTO delivered_batches (token, delivered_at) VALUES (?, ?)", 2);
        _insertVerification = Prepare(
            """
            INSERT INTO key_verifications_v1 (time, workspace_id, key_space_id, identity_id, external_id, key_id, request_id, region, source, app_id,
                outcome, tags, spent_credits, latency)
            VALUES (?, ?, ?, ?, ?, ?, ?, '', 'api', '', ?, ?, ?, ?)
            """,
            11);
        _insertRatelimit = Prepare(
            """
            INSERT INTO ratelimits_v1 (time, workspace_id, namespace_id, identifier, request_id, passed, latency, override_id, "limit", remaining, reset_at, tokens)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            12);
        _insertRequest = Prepare(
            """
            INSERT INTO api_requests_raw_v2 (time, workspace_id, request_id, root_key_id, host, method, path, response_status, error, service_latency,
                user_agent, ip_address)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            12);
        foreach (RollUpUnit unit in RollUpUnits.All)
        {
            _addVerifications.Add(unit, Prepare(
                $"""
                INSERT INTO key_verifications_per_{unit.Name()}_v1 (time, workspace_id, key_space_id, key_id, identity_id, external_id, outcome, tags,
                    source, app_id, count, spent_credits)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'api', '', ?, ?)
                ON CONFLICT DO UPDATE SET count = count + excluded.count, spent_credits = spent_credits + excluded.spent_credits
                """,
                10));
            _addRatelimits.Add(unit, Prepare(
                $"""
                INSERT INTO ratelimits_per_{unit.Name()}_v1 (time, workspace_id, namespace_id, identifier, passed, total, passed_tokens, total_tokens)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET passed = passed + excluded.passed, total = total + excluded.total,
                    passed_tokens = passed_tokens + excluded.passed_tokens, total_tokens = total_tokens + excluded.total_tokens
                """,
                8));
            _addRequests.Add(unit, Prepare(
                $"""
                INSERT INTO api_requests_per_{unit.Name()}_v2 (time, workspace_id, response_status, host, method, path, count)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET count = count + excluded.count
                """,
                7));
        }
    }

    /// <summary>Notes that a batch is stored with this transaction.</summary>
    /// <returns>False when it was stored before.</returns>
    public bool TryClaim(string token, long nowMs) => Execute(_claim, token, nowMs) == 1;

    /// <summary>Adds a raw verification.</summary>
    public void Insert(VerificationEventRow row) => Execute(
        _insertVerification,
        row.TimeMs,
        row.WorkspaceId,
        row.KeyspaceId,
        row.IdentityId,
        row.ExternalId,
        row.KeyId,
        row.RequestId,
        row.Outcome,
        row.TagsJson,
        row.SpentCredits,
        row.LatencyMs);

    /// <summary>Adds a raw decision.</summary>
    public void Insert(RatelimitEventRow row) => Execute(
        _insertRatelimit,
        row.TimeMs,
        row.WorkspaceId,
        row.NamespaceId,
        row.Identifier,
        row.RequestId,
        row.Passed ? 1 : 0,
        row.LatencyMs,
        row.OverrideId,
        row.Limit,
        row.Remaining,
        row.ResetMs,
        row.Tokens);

    /// <summary>Adds a raw request.</summary>
    public void Insert(RequestEventRow row) => Execute(
        _insertRequest,
        row.TimeMs,
        row.WorkspaceId,
        row.RequestId,
        row.RootKeyId,
        row.Host,
        row.Method,
        row.Path,
        row.Status,
        row.Error,
        row.LatencyMs,
        row.UserAgent,
        row.Address);

    /// <summary>Adds to a roll-up.</summary>
    public void Add(RollUpUnit unit, RollUps.VerificationKey key, RollUps.VerificationSums sums) => Execute(
        _addVerifications[unit],
        key.Time,
        key.WorkspaceId,
        key.KeyspaceId,
        key.KeyId,
        key.IdentityId,
        key.ExternalId,
        key.Outcome,
        key.Tags,
        sums.Count,
        sums.SpentCredits);

    /// <summary>Adds to a roll-up.</summary>
    public void Add(RollUpUnit unit, RollUps.RatelimitKey key, RollUps.RatelimitSums sums) => Execute(
        _addRatelimits[unit],
        key.Time,
        key.WorkspaceId,
        key.NamespaceId,
        key.Identifier,
        sums.Passed,
        sums.Total,
        sums.PassedTokens,
        sums.TotalTokens);

    /// <summary>Adds to a roll-up.</summary>
    public void Add(RollUpUnit unit, RollUps.RequestKey key, long count) =>
        Execute(_addRequests[unit], key.Time, key.WorkspaceId, key.Status, key.Host, key.Method, key.Path, count);

    /// <inheritdoc/>
    public void Dispose()
    {
        _claim.Dispose();
        _insertVerification.Dispose();
        _insertRatelimit.Dispose();
        _insertRequest.Dispose();
        foreach (RollUpUnit unit in RollUpUnits.All)
        {
            _addVerifications[unit].Dispose();
            _addRatelimits[unit].Dispose();
            _addRequests[unit].Dispose();
        }
    }

    private static int Execute(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        return command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, int parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file and names of spans.
        command.CommandText = Numbered(sql);
#pragma warning restore CA2100
        for (int i = 1; i <= parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = "$" + i });
        }

        return command;
    }

    // The driver binds by name only.
    private static string Numbered(string sql)
    {
        string[] parts = sql.Split('?');
        System.Text.StringBuilder text = new(parts[0]);
        for (int i = 1; i < parts.Length; i++)
        {
            text.Append('$').Append(i).Append(parts[i]);
        }

        return text.ToString();
    }
}
