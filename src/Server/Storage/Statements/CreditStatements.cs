using System.Collections.Generic;
using Unkey.Server.Storage.Rows;

namespace Unkey.Server.Storage.Statements;

/// <summary>SQL about moves and refills of balances. Stateless.</summary>
internal static class CreditStatements
{
    // A refill stamped further ahead than this was made under a wrong clock, and must not block refills until that time comes.
    private const long ClockErrorMs = 2 * 86_400_000L;

    /// <summary>Moves a limited balance, within 0 and 2^63 - 1. The live counter moves along instead of starting again.</summary>
    /// <param name="session">The session.</param>
    /// <param name="key">The key as read in this unit of work; its balance is limited.</param>
    /// <param name="amount">Credits to add, or below 0 to take.</param>
    public static void AdjustRemaining(this StoreSession session, KeyRow key, long amount)
    {
        session.Execute(
            """
            UPDATE keys SET remaining = CASE
                WHEN @amount < 0 AND remaining + @amount > 0 THEN remaining + @amount
                WHEN @amount < 0 THEN 0
                WHEN remaining > 9223372036854775807 - @amount THEN 9223372036854775807
                ELSE remaining + @amount END
            WHERE id = @id AND remaining IS NOT NULL
            """,
            ("@amount", amount),
            ("@id", key.Id));
        long stored = session.Number("SELECT remaining FROM keys WHERE id = @id", ("@id", key.Id)) ?? 0;
        session.Changes.Keys.Add(key.Id);
        session.Changes.Shift(key.Id, new CreditShift(amount, stored - key.Remaining!.Value));
    }

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
            UPDATE keys SET remaining = refill_amount, last_refill_at = @now, updated_at = @now
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
            session.Changes.CreditResets.Add(id);
        }

        return isRefilled;
    }
}
