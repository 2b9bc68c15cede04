namespace Unkey.Server.ControlPlane.Responses;

/// <summary>Where a list answer stopped. Immutable.</summary>
/// <param name="Cursor">Id of the first row of the next page; <see langword="null"/> when this page is the last.</param>
internal sealed record Page(string? Cursor);
