using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Fuzz.Targets;

namespace Unkey.Fuzz;

/// <summary>Every target. Constant.</summary>
internal static class FuzzTargets
{
    /// <summary>The targets over the code of the product, whose inputs must all pass.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new HeadTarget(), new ChunkedTarget(), new JsonTarget(), new VerifyTarget(), new RatelimitTarget(), new PermissionTarget(), new V1PermissionTarget(),
        new SqlTarget(), new SpoolTarget(), new RingTarget(), new EventTarget(), new ForwardedTarget(), new BucketTarget(), new KeyTarget(),
    ];

    /// <summary>Controls with a flaw each: a search that does not find it is blind.</summary>
    public static IReadOnlyList<FuzzTarget> Flawed { get; } =
    [
        new HeadTarget(isFlawed: true), new ChunkedTarget(isFlawed: true), new VerifyTarget(isFlawed: true), new RingTarget(isFlawed: true),
    ];

    /// <summary>Finds a target of either kind.</summary>
    public static FuzzTarget? Find(string name) => All.Concat(Flawed).FirstOrDefault(target => string.Equals(target.Name, name, StringComparison.Ordinal));
}
