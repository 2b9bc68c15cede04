namespace Unkey.Server.Storage.Rows;

/// <summary>A record that an entry of the audit log is about. Immutable.</summary>
/// <param name="Type">Kind of record, for example <c>role</c>.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, if it has one.</param>
internal sealed record AuditResource(string Type, string Id, string? Name);
