using System;
using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Events;

/// <summary>What the files of a spool say they hold of the rings of an earlier process. Used once, at start.</summary>
/// <remarks>
/// Only heads were read, so a claim is not proven. It matters only when it reaches further than the head of a ring that is still there,
/// which is true of few files; those are read to the end, in pieces, before they are believed.
/// </remarks>
internal sealed class SpoolClaims
{
    private readonly Dictionary<UInt128, List<(long Position, string Path)>> _claims = [];

    /// <summary>Notes the claims of a file.</summary>
    public void Add(string path, IEnumerable<RingPosition> positions)
    {
        foreach (RingPosition position in positions)
        {
            if (!_claims.TryGetValue(position.RingId, out List<(long Position, string Path)>? claims))
            {
                _claims.Add(position.RingId, claims = []);
            }

            claims.Add((position.Position, path));
        }
    }

    /// <summary>The position up to which whole files hold a ring.</summary>
    /// <param name="ringId">Which life of which ring.</param>
    /// <param name="head">Position before which nothing is asked.</param>
    /// <returns>The position; <paramref name="head"/> when no file reaches further.</returns>
    public long SealedUpTo(UInt128 ringId, long head)
    {
        foreach ((long position, string path) in _claims.GetValueOrDefault(ringId, []).OrderByDescending(static claim => claim.Position))
        {
            if (position <= head)
            {
                break;
            }

            // A file that is not whole is set aside when its turn of delivery comes; its events may still be in the ring.
            if (SpoolFile.IsWhole(path))
            {
                return position;
            }
        }

        return head;
    }
}
