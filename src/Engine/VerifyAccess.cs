namespace Unkey.Engine;

/// <summary>In whose name a key is verified.</summary>
public enum VerifyAccess
{
    /// <summary>A root key asks: it sees keys of its workspace that it may verify.</summary>
    ByCaller,

    /// <summary>Nobody in particular asks (v1): whoever presents a key sees it. A workspace whose calls are limited is not decided on.</summary>
    Anonymous,

    /// <summary>As <see cref="Anonymous"/>, and the call has been counted for the key's workspace.</summary>
    AnonymousCounted,
}
