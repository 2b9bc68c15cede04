namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of list operations without a filter.</summary>
/// <param name="Limit">Page size.</param>
/// <param name="Cursor">Where the page starts; absent for the beginning.</param>
internal sealed record ListRequest(long? Limit, string? Cursor);
