namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>Query of v1's apis.listKeys.</summary>
/// <param name="ApiId">API whose keys are wanted.</param>
/// <param name="Limit">Page size.</param>
/// <param name="Cursor">Id of the last key of the page before; absent for the beginning.</param>
/// <param name="OwnerId">Deprecated spelling of the external id.</param>
/// <param name="ExternalId">Only keys of the identity with this id of the customer's.</param>
/// <param name="Decrypt">Whether the plaintext of recoverable keys is wanted.</param>
internal sealed record V1ListKeysRequest(string ApiId, long? Limit, string? Cursor, string? OwnerId, string? ExternalId, bool? Decrypt);
