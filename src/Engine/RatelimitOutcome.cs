namespace Unkey.Engine;

/// <summary>How a request to <see cref="RatelimitDecider"/> ends.</summary>
public enum RatelimitOutcome
{
    /// <summary>Every check was decided; whether they passed is in the result.</summary>
    Decided,

    /// <summary>A namespace does not exist yet: it has to be created first. Nothing is taken.</summary>
    UnknownNamespace,

    /// <summary>A namespace was deleted. Nothing is taken.</summary>
    DeletedNamespace,

    /// <summary>The caller may not use one of the namespaces. Nothing is taken.</summary>
    NotPermitted,
}
