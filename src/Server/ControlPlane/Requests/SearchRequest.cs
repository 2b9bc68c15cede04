namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of list operations with a filter.</summary>
/// <param name="Limit">Page size.</param>
/// <param name="Cursor">Where the page starts; absent for the beginning.</param>
/// <param name="Search">A part of one of the searched texts.</param>
internal sealed record SearchRequest(long? Limit, string? Cursor, string? Search);
