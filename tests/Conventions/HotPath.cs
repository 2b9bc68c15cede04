using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace Unkey.Conventions.Tests;

/// <summary>The methods that carry the marker of the hot path, found by reflection.</summary>
internal static class HotPath
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IReadOnlyList<Assembly> Assemblies { get; } =
        [Assembly.Load("Unkey.Protocol"), Assembly.Load("Unkey.Engine"), Assembly.Load("unkey")];

    public static IReadOnlyList<MethodBase> Methods { get; } =
    [
        .. Assemblies.SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything)))
            .Where(IsMarked),
    ];

    /// <summary>Type and method, such as <c>KeyTable.TryFind</c>; overloads share a name.</summary>
    public static string NameOf(MethodBase method)
    {
        string type = method.DeclaringType!.Name;
        int arity = type.IndexOf('`', StringComparison.Ordinal);
        return (arity < 0 ? type : type[..arity]) + "." + method.Name;
    }

    // Each assembly has the marker linked in, so it is known by its name.
    public static bool IsMarked(MethodBase method) => method.CustomAttributes.Any(attribute => attribute.AttributeType.FullName == "Unkey.HotPathAttribute");
}
