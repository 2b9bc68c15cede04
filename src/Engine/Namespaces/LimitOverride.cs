using System;
using System.Text;

namespace Unkey.Engine.Namespaces;

/// <summary>Replaces limit and duration of the checks whose identifier it matches. Immutable; any thread.</summary>
public sealed class LimitOverride
{
    private readonly byte[] _id;
    private readonly byte[] _text;

    /// <summary>Makes an override.</summary>
    /// <param name="id">Its id, <c>rlor_...</c>.</param>
    /// <param name="text">The identifier it is for; with <c>*</c> also a pattern, in which <c>*</c> stands for any run of characters.</param>
    /// <param name="limit">Tokens a duration, 0 or more; 0 refuses everything.</param>
    /// <param name="durationMs">Milliseconds, 1000 or more.</param>
    public LimitOverride(string id, string text, long limit, long durationMs)
    {
        Id = id;
        Text = text;
        Limit = limit;
        DurationMs = durationMs;
        _id = Encoding.UTF8.GetBytes(id);
        _text = Encoding.UTF8.GetBytes(text);
    }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>The identifier or pattern.</summary>
    public string Text { get; }

    /// <summary>Tokens a duration.</summary>
    public long Limit { get; }

    /// <summary>Duration in milliseconds.</summary>
    public long DurationMs { get; }

    /// <summary><see cref="Id"/> in UTF-8.</summary>
    public ReadOnlySpan<byte> IdUtf8 => _id;

    /// <summary><see cref="Text"/> in UTF-8.</summary>
    public ReadOnlySpan<byte> TextUtf8 => _text;

    /// <summary>Whether the text is also a pattern.</summary>
    public bool IsPattern => TextUtf8.Contains((byte)'*');
}
