namespace Unkey.Server.ControlPlane.Requests;

/// <summary>Body of apis.listKeys.</summary>
/// <param name="ApiId">API whose keys are wanted.</param>
/// <param name="Limit">Page size.</param>
/// <param name="Cursor">Where the page starts; absent for the beginning.</param>
/// <param name="ExternalId">Only keys of the identity with this id of the customer's.</param>
/// <param name="Decrypt">Whether the plaintext of recoverable keys is wanted.</param>
internal sealed record ListKeysRequest(string ApiId, long? Limit, string? Cursor, string? ExternalId, bool? Decrypt);
