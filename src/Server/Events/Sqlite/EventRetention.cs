using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Data.Sqlite;
using Unkey.Server.Storage.Sqlite;

namespace Unkey.Server.Events.Sqlite;

/// <summary>Deletes what is older than it has to be kept, a little at a time. The sink's thread only.</summary>
internal sealed class EventRetention(SqliteConnection connection, SqliteTransactions transactions, int retentionDays) : IDisposable
{
    private const long DayMs = 86_400_000;
    private const long RunEveryMs = 10_000;
    private const long RollUpEveryMs = 3_600_000;

    // About ten milliseconds of work, so that a delivery never waits long for it.
    private const int RowsMin = 5_000;

    // Small segments, a few events each; more would take longer.
    private const int SegmentsMax = 1_000;

    // More than comes in, or the store would grow for ever under a rate above the smallest portion.
    private const int RowsPerEvent = 2;

    // Roll-ups are kept as long as the reference keeps them; raw events and minutes for as long as the operator says.
    private const int MonthDays = 1_096;
    private const int VerificationDayDays = 365;
    private const int RatelimitDayDays = 100;

    // Up to which row id the rows of a table are of a time that has not come.
    private readonly Dictionary<string, long> _passed = [];
    private readonly RollUpSource[] _sources = [.. RollUpSource.All.Where(source => source.HasRows(connection))];
    private readonly long[] _ids = new long[SegmentsMax];

    // What is not in the sums yet stays.
    private readonly SqliteStatement _due = new(
        connection,
        "SELECT id, count FROM event_segments WHERE max_time < ? AND id <= (SELECT last_row FROM rolled_up WHERE source = 'event_segments') ORDER BY max_time");

    private readonly SqliteStatement _delete = new(connection, "DELETE FROM event_segments WHERE id = ?");
    private long _nextMs;
    private long _nextRollUpMs;

    /// <summary>Deletes a portion of what is due, now and then.</summary>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <param name="tokensKeptMs">How long delivered batches are remembered.</param>
    /// <param name="inserted">Events of the batch that was just stored.</param>
    public void RunIfDue(long nowMs, long tokensKeptMs, int inserted)
    {
        // A time far ahead was set by a clock that has stepped back since; waiting for it would stop deletion for as long as the step.
        if (nowMs < _nextMs && _nextMs - nowMs <= RunEveryMs)
        {
            return;
        }

        if (nowMs >= _nextRollUpMs || _nextRollUpMs - nowMs > RollUpEveryMs)
        {
            _nextRollUpMs = nowMs + RollUpEveryMs;
            _passed.Clear();
            DeleteRollUps(nowMs);
            Run("DELETE FROM delivered_batches WHERE delivered_at < $before", nowMs - tokensKeptMs);
        }

        // A full portion means that there is more: then the next batch goes on.
        int rows = Math.Max(RowsMin, inserted * RowsPerEvent);
        bool isMore = retentionDays > 0 && DeleteSegments(nowMs, rows);
        foreach (RollUpSource source in retentionDays > 0 ? _sources : [])
        {
            isMore |= DeleteRows(source, nowMs, rows);
        }

        _nextMs = isMore ? nowMs : nowMs + RunEveryMs;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _due.Dispose();
        _delete.Dispose();
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

    // A segment goes when its newest event is due.
    private bool DeleteSegments(long nowMs, int events)
    {
        int deleted = 0;
        int count = 0;
        _due.Number(nowMs - (retentionDays * DayMs));
        while (deleted < events && _due.Step())
        {
            deleted += (int)_due.NumberAt(1);
            _ids[count++] = _due.NumberAt(0);
            if (count == _ids.Length)
            {
                break;
            }
        }

        _due.Reset();
        if (count == 0)
        {
            return false;
        }

        transactions.Run(() =>
        {
            foreach (long id in _ids.AsSpan(0, count))
            {
                _delete.Number(id).Run();
            }
        });
        return deleted >= events || count == _ids.Length;
    }

    // Of a store of an earlier version. Raw rows arrive about in the order of their time, so the oldest have the smallest row ids. Not so those of a clock that was ahead for
    // a while: they are passed over in portions, and looked at again with the roll-ups.
    private bool DeleteRows(RollUpSource source, long nowMs, int rows)
    {
        string table = source.Rows;
        long passed = _passed.GetValueOrDefault(table);
        (long last, long count, long ahead) = Portion(table, passed, nowMs, rows);
        if (count > 0 && ahead == count)
        {
            _passed[table] = last;
            return count == rows;
        }

        // What is not in the sums yet stays. Row ids go on from the largest that is left, and so do the sums.
        int deleted = 0;
        transactions.Run(() =>
        {
            deleted = Run(
                $"DELETE FROM {table} WHERE rowid > {passed} AND rowid <= {last} AND time < $before"
                    + $" AND rowid <= (SELECT last_row FROM rolled_up WHERE source = '{source.Raw}')",
                nowMs - (retentionDays * DayMs));
            if (deleted > 0)
            {
                SqliteDatabase.Run(
                    connection,
                    $"UPDATE rolled_up SET last_row = min(last_row, (SELECT ifnull(max(rowid), 0) FROM {table})) WHERE source = '{source.Raw}'");
            }
        });
        return deleted + ahead == rows;
    }

    private (long Last, long Count, long Ahead) Portion(string table, long passed, long nowMs, int rows)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file and numbers.
        command.CommandText = $"SELECT ifnull(max(rowid), 0), count(*), ifnull(sum(time > $now), 0) FROM"
            + $" (SELECT rowid, time FROM {table} WHERE rowid > {passed} ORDER BY rowid LIMIT {rows})";
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$now", nowMs);
        using SqliteDataReader reader = command.ExecuteReader();
        reader.Read();
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

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
