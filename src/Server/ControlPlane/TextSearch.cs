using System;

namespace Unkey.Server.ControlPlane;

/// <summary>The filter of the list operations: a literal part of one of several texts, letter case ignored. Immutable value.</summary>
/// <remarks>Done here and not in SQL, because databases differ in what they fold and in what they take for a wildcard.</remarks>
internal readonly struct TextSearch
{
    private readonly string _text;

    /// <summary>Takes the text of a request.</summary>
    /// <param name="text">The text, or <see langword="null"/>; blanks around it do not count.</param>
    public TextSearch(string? text) => _text = text?.Trim() ?? "";

    /// <summary>Whether everything passes.</summary>
    public bool IsEmpty => _text.Length == 0;

    /// <summary>Whether one of the texts has the wanted part.</summary>
    public bool Matches(params ReadOnlySpan<string?> texts)
    {
        foreach (string? text in texts)
        {
            if (text is not null && text.Contains(_text, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return IsEmpty;
    }
}
