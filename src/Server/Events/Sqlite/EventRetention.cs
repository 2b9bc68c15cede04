using System;
using Microsoft.Data.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>Deletes what is older than it has to be kept, a little at a time. The sink's thread only.</summary>
internal sealed class EventRetention(SqliteConnection connection, int retentionDays)
{
    private const long DayMs = 86_400_000;
    private const long RunEveryMs = 10_000;
    private const long RollUpEveryMs = 3_600_000;

    // About ten milliseconds of work, so that a delivery never waits long for it.
    private const int RowsMin = 5_000;

    // More than comes in, or the store would grow for ever under a rate above the smallest portion.
    private const int RowsPerEvent = 2;

    // Roll-ups are kept as long as the reference keeps them; raw events and minutes for as long as the operator says.
    private const int MonthDays = 1_096;
    private const int VerificationDayDays = 365;
    private const int RatelimitDayDays = 100;

    private long _nextMs;
    private long _nextRollUpMs;

    /// <summary>Deletes a portion of what is due, now and then.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <param name="tokensKeptMs">How long delivered batches are remembered.</param>
    /// <param name="inserted">Events of the batch that was just stored.</param>
    public void RunIfDue(long nowMs, long tokensKeptMs, int inserted)
    {
        if (nowMs < _nextMs)
        {
            return;
        }

        // A full portion means that there is more: then the next batch goes on.
        int rows = Math.Max(RowsMin, inserted * RowsPerEvent);
        long before = nowMs - (retentionDays * DayMs);
        bool isMore = retentionDays > 0 && (DeleteRaw("key_verifications_v1", before, rows) | DeleteRaw("ratelimits_v1", before, rows)
            | DeleteRaw("api_requests_raw_v2", before, rows));
        _nextMs = isMore ? nowMs : nowMs + RunEveryMs;
        if (nowMs >= _nextRollUpMs)
        {
            _nextRollUpMs = nowMs + RollUpEveryMs;
            DeleteRollUps(nowMs);
            Run("DELETE FROM delivered_batches WHERE delivered_at < $before", nowMs - tokensKeptMs);
        }
    }

    private void DeleteRollUps(long nowMs)
    {
        if (retentionDays > 0)
        {
            foreach (string unit in (ReadOnlySpan<string>)["minute", "hour"])
            {
                DeleteRollUp($"key_verifications_per_{unit}_v1", Before(nowMs, retentionDays));
                DeleteRollUp($"ratelimits_per_{unit}_v1", Before(nowMs, retentionDays));
                DeleteRollUp($"api_requests_per_{unit}_v2", Before(nowMs, retentionDays));
            }
        }

        DeleteRollUp("key_verifications_per_day_v1", Before(nowMs, Math.Max(VerificationDayDays, retentionDays)));
        DeleteRollUp("ratelimits_per_day_v1", Before(nowMs, Math.Max(RatelimitDayDays, retentionDays)));
        DeleteRollUp("key_verifications_per_month_v1", Before(nowMs, Math.Max(MonthDays, retentionDays)));
        DeleteRollUp("ratelimits_per_month_v1", Before(nowMs, Math.Max(MonthDays, retentionDays)));
        DeleteRollUp("api_requests_per_day_v2", Before(nowMs, Math.Max(RatelimitDayDays, retentionDays)));
        DeleteRollUp("api_requests_per_month_v2", Before(nowMs, Math.Max(MonthDays, retentionDays)));
    }

    private static long Before(long nowMs, int days) => (nowMs - (days * DayMs)) / 1000;

    // Raw rows arrive about in the order of their time, so the oldest have the smallest row ids.
    // The last row that is in the sums stays, and all after it: row ids go on from the largest, and sums from where they are.
    private bool DeleteRaw(string table, long beforeMs, int rows) => Run(
        $"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY rowid LIMIT {rows}) AND time < $before"
            + $" AND rowid < (SELECT last_row FROM rolled_up WHERE source = '{table}')",
        beforeMs) == rows;

    private void DeleteRollUp(string table, long beforeSeconds) => Run($"DELETE FROM {table} WHERE time < $before", beforeSeconds);

    private int Run(string sql, long before)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$before", before);
        return command.ExecuteNonQuery();
    }
}
