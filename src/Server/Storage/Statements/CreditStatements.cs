using System;
using System.Collections.Generic;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about moves and refills of balances. Stateless.</summary>
internal static class CreditStatements
{
    // A refill stamped further ahead than this was made under a wrong clock, and must not block refills until that time comes.
    private const long ClockErrorMs = 2 * 86_400_000L;

    // The right sides see the row as it was before.
    private const string SpendUpTo = """
        UPDATE keys SET remaining = max(remaining - (?1 - balance_spent), 0), balance_spent = ?1
        WHERE remaining IS NOT NULL AND balance_serial = ?2 AND balance_spent < ?1
        """;

    /// <summary>Sets the balance. What was spent of the former one and not written back is no longer anybody's.</summary>
    /// <param name="session">The session.</param>
    /// <param name="id">Key id.</param>
    /// <param name="remaining">The new balance, or <see langword="null"/> for unlimited.</param>
    public static void SetRemaining(this StoreSession session, string id, long? remaining)
    {
        session.Execute(
            "UPDATE keys SET remaining = @remaining, balance_serial = balance_serial + 1, balance_spent = 0 WHERE id = @id",
            ("@remaining", remaining),
            ("@id", id));
        session.Changes.Keys.Add(id);
    }

    /// <summary>Moves a limited balance, within 0 and 2^63 - 1. What is being spent meanwhile stays spent.</summary>
    /// <param name="session">The session.</param>
    /// <param name="key">The key as read in this unit of work; its balance is limited.</param>
    /// <param name="amount">Credits to add, or below 0 to take.</param>
    public static void AdjustRemaining(this StoreSession session, KeyRow key, long amount)
    {
        // At a bound nothing of what came before matters any more, so the balance starts again there.
        bool isBound = amount < 0 ? key.Remaining!.Value + amount <= 0 : key.Remaining!.Value > long.MaxValue - amount;
        if (isBound)
        {
            session.SetRemaining(key.Id, amount < 0 ? 0 : long.MaxValue);
            return;
        }

        session.Execute("UPDATE keys SET remaining = remaining + @amount WHERE id = @id", ("@amount", amount), ("@id", key.Id));
        session.Changes.Keys.Add(key.Id);
    }

    /// <summary>Brings a balance to a total of spent credits. Repeating it changes nothing. Memory already knows, so nothing is published.</summary>
    /// <param name="session">The session.</param>
    /// <param name="id">Key id, UTF-8.</param>
    /// <param name="serial">Which balance of the key; another one is left alone.</param>
    /// <param name="spent">Credits spent of that balance since it was set.</param>
    public static void Spend(this StoreSession session, ReadOnlySpan<byte> id, long serial, long spent) =>
        session.Repeated(SpendUpTo + " AND id = ?3").Number(spent).Number(serial).Text(id).Run();

    /// <summary>The same for a key of which only the start of its SHA-256 is known.</summary>
    /// <param name="session">The session.</param>
    /// <param name="hashFrom">The smallest SHA-256 with that start.</param>
    /// <param name="hashTo">The largest.</param>
    /// <param name="serial">Which balance of the key.</param>
    /// <param name="spent">Credits spent of that balance since it was set.</param>
    /// <returns>Whether the balance lacked some of it.</returns>
    public static bool SpendByHash(this StoreSession session, ReadOnlySpan<byte> hashFrom, ReadOnlySpan<byte> hashTo, long serial, long spent) =>
        session.Repeated(SpendUpTo + " AND hash >= ?3 AND hash <= ?4").Number(spent).Number(serial).Blob(hashFrom).Blob(hashTo).Run() > 0;

    /// <summary>Removes the refill of a key.</summary>
    public static void ClearRefill(this StoreSession session, string id) =>
        session.Execute("UPDATE keys SET refill_amount = NULL, refill_day = NULL WHERE id = @id", ("@id", id));

    /// <summary>Live keys with a limited balance and a refill, in the order of their ids.</summary>
    /// <param name="session">The session.</param>
    /// <param name="after">Only ids behind this one.</param>
    /// <param name="count">Most rows.</param>
    public static List<KeyRow> ListRefills(this StoreSession session, string after, int count) => session.All(
        KeyStatements.Columns + " WHERE refill_amount IS NOT NULL AND deleted_at IS NULL AND remaining IS NOT NULL AND id > @after ORDER BY id LIMIT @count",
        KeyStatements.Map,
        ("@after", after),
        ("@count", (long)count));

    /// <summary>Sets the balance of a key to its refill, unless it has been refilled since the date on which it fell due.</summary>
    /// <param name="session">The session.</param>
    /// <param name="id">Key id.</param>
    /// <param name="dueMs">Unix milliseconds of the beginning of that date.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <returns>Whether this call has refilled it: of several servers on one database one gets a yes.</returns>
    public static bool TryRefill(this StoreSession session, string id, long dueMs, long nowMs)
    {
        bool isRefilled = session.Execute(
            """
            UPDATE keys SET remaining = refill_amount, balance_serial = balance_serial + 1, balance_spent = 0, last_refill_at = @now, updated_at = @now
            WHERE id = @id AND deleted_at IS NULL AND remaining IS NOT NULL AND refill_amount IS NOT NULL
                AND (last_refill_at IS NULL OR last_refill_at < @due OR last_refill_at > @future)
            """,
            ("@now", nowMs),
            ("@id", id),
            ("@due", dueMs),
            ("@future", nowMs + ClockErrorMs)) == 1;
        if (isRefilled)
        {
            session.Changes.Keys.Add(id);
        }

        return isRefilled;
    }
}
