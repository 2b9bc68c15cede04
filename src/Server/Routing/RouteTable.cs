using System;
using Unkey.Server.ControlPlane;
using Unkey.Server.ControlPlane.Documents;

namespace Unkey.Server.Routing;

/// <summary>Finds what serves a path: exact, case-sensitive, without a trailing slash.</summary>
/// <remarks>Immutable; any thread. No allocation.</remarks>
/// <param name="controlPlane">Knows the operations.</param>
/// <param name="servesDocuments">Whether the documents about the API are served.</param>
internal sealed class RouteTable(ControlPlaneRouter controlPlane, bool servesDocuments)
{
    /// <summary>No served path is longer.</summary>
    internal const int PathBytesMax = 64;

    private static ReadOnlySpan<byte> V1Prefix => "/v1/"u8;

    /// <summary>What <paramref name="path"/>, the target without its query, leads to.</summary>
    [HotPath]
    internal RouteKind Match(ReadOnlySpan<byte> path)
    {
        RouteKind kind = MatchClean(path);
        if (kind != RouteKind.Unknown)
        {
            return kind;
        }

        Span<byte> clean = stackalloc byte[PathBytesMax];
        return TryClean(path, clean, out int length) && MatchClean(clean[..length]) != RouteKind.Unknown ? RouteKind.Unclean
            : controlPlane.ServesV1 && path.StartsWith(V1Prefix) ? RouteKind.V1
            : RouteKind.Unknown;
    }

    /// <summary>Removes empty, <c>.</c> and <c>..</c> segments (RFC 3986, 5.2.4); false when nothing was to remove or it is too long.</summary>
    /// <param name="path">The path as sent.</param>
    /// <param name="clean">At least <see cref="PathBytesMax"/> bytes; receives the clean path.</param>
    /// <param name="length">Bytes written.</param>
    internal static bool TryClean(ReadOnlySpan<byte> path, Span<byte> clean, out int length)
    {
        length = 0;
        if (path.Length > PathBytesMax || path.IsEmpty || path[0] != (byte)'/')
        {
            return false;
        }

        bool changed = false;
        ReadOnlySpan<byte> rest = path[1..];
        // BOUND: each turn drops a segment.
        while (true)
        {
            int slash = rest.IndexOf((byte)'/');
            ReadOnlySpan<byte> segment = slash < 0 ? rest : rest[..slash];
            bool last = slash < 0;
            if (segment.SequenceEqual(".."u8))
            {
                changed = true;
                length = Math.Max(clean[..length].LastIndexOf((byte)'/'), 0);
            }
            else if (segment.SequenceEqual("."u8) || (segment.IsEmpty && !last))
            {
                changed = true;
            }
            else if (!segment.IsEmpty)
            {
                clean[length++] = (byte)'/';
                segment.CopyTo(clean[length..]);
                length += segment.Length;
            }
            else
            {
                return false; // A trailing slash is another path, not an unclean one.
            }

            if (last)
            {
                return changed && length > 0;
            }

            rest = rest[(slash + 1)..];
        }
    }

    [HotPath]
    private RouteKind MatchClean(ReadOnlySpan<byte> path) =>
        path.SequenceEqual("/v2/keys.verifyKey"u8) ? RouteKind.VerifyKey
        : path.SequenceEqual("/v2/ratelimit.limit"u8) ? RouteKind.Limit
        : path.SequenceEqual("/v2/ratelimit.multiLimit"u8) ? RouteKind.MultiLimit
        : path.SequenceEqual("/v2/liveness"u8) ? RouteKind.Liveness
        : path.StartsWith(V1Prefix) ? MatchV1(path)
        : controlPlane.IsKnown(path) ? RouteKind.ControlPlane
        : servesDocuments && ApiDocuments.IsKnown(path) ? RouteKind.Document
        : RouteKind.Unknown;

    [HotPath]
    private RouteKind MatchV1(ReadOnlySpan<byte> path) =>
        !controlPlane.ServesV1 ? RouteKind.Unknown
        : path.SequenceEqual("/v1/keys.verifyKey"u8) ? RouteKind.V1VerifyKey
        : path.SequenceEqual("/v1/ratelimits.limit"u8) ? RouteKind.V1Limit
        : controlPlane.IsKnown(path) ? RouteKind.V1
        : RouteKind.Unknown;
}
