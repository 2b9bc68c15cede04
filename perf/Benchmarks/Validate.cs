using System;
using System.Runtime.CompilerServices;

namespace Unkey.Perf;

/// <summary>A benchmark that computes the wrong thing must not yield a number.</summary>
internal static class Validate
{
    internal static void That(bool condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        if (!condition)
        {
            throw new InvalidOperationException("The benchmark is wrong: " + text);
        }
    }
}
