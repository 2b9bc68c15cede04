namespace Unkey.Server.Storage.Rows;

/// <summary>A stored entry of the audit log. Immutable.</summary>
/// <param name="Sequence">Place in the log, ascending with every entry.</param>
/// <param name="Id">Id of the entry.</param>
/// <param name="Entry">What happened.</param>
internal sealed record AuditEntryRow(long Sequence, string Id, AuditRow Entry);
