namespace Unkey.Server.ControlPlane.Callers;

/// <summary>Why a credential is refused; each version of the API has its own words for it.</summary>
internal enum RootKeyFault
{
    /// <summary>It is not refused.</summary>
    None,

    /// <summary>No key has it.</summary>
    Unknown,

    /// <summary>It is a key, but not a root key.</summary>
    OrdinaryKey,

    /// <summary>It manages a workspace that does not exist.</summary>
    WorkspaceMissing,

    /// <summary>The workspace that it is in, or the one that it manages, is disabled.</summary>
    WorkspaceDisabled,

    /// <summary>It is disabled.</summary>
    Disabled,

    /// <summary>It has expired.</summary>
    Expired,
}
