using System;

namespace Unkey.Server.Diagnostics;

/// <summary>An answer of the admin listener.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Content type, a constant.</param>
/// <param name="Body">The body; left out by the transport on HEAD.</param>
/// <param name="Allow">Value of the <c>Allow</c> field of a 405, else <see langword="null"/>.</param>
/// <param name="Challenge">Value of the <c>WWW-Authenticate</c> field of a 401, else <see langword="null"/>.</param>
public readonly record struct AdminResponse(int Status, string ContentType, ReadOnlyMemory<byte> Body, string? Allow = null, string? Challenge = null);
