namespace Unkey.Protocol;

/// <summary>The request methods that the router tells apart. Any other valid method is <see cref="Other"/>.</summary>
public enum HttpMethod
{
    /// <summary>A well-formed method without a meaning here.</summary>
    Other,

    /// <summary>GET.</summary>
    Get,

    /// <summary>HEAD: the answer carries no body.</summary>
    Head,

    /// <summary>POST.</summary>
    Post,

    /// <summary>OPTIONS, also with the target <c>*</c>.</summary>
    Options,

    /// <summary>CONNECT: never granted, and its target is an authority and not a path.</summary>
    Connect,

    /// <summary>TRACE: never granted, because it would echo credentials.</summary>
    Trace,
}
