using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;

namespace Unkey.Conventions.Tests;

/// <summary>Reads the instructions of a method for those that allocate or throw.</summary>
internal static class AllocationScan
{
    private static readonly Dictionary<int, OpCode> s_codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (int)(ushort)code.Value);

    /// <summary>What in the method's own instructions allocates or throws; empty when nothing does.</summary>
    /// <remarks>Calls are not followed: what a marked method calls on its way is marked itself, or cold and outlined.</remarks>
    public static IEnumerable<string> Findings(MethodBase method)
    {
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        int position = 0;
        while (position < code.Length)
        {
            int value = code[position++];
            if (value == 0xFE)
            {
                value = 0xFE00 | code[position++];
            }

            OpCode instruction = s_codes[value];
            int operand = position;
            position += OperandBytes(instruction, code, position);
            if (Finding(method, instruction, code, operand) is { } finding)
            {
                yield return finding;
            }
        }
    }

    private static string? Finding(MethodBase method, OpCode instruction, byte[] code, int operand)
    {
        if (instruction == OpCodes.Newarr)
        {
            return "a new array";
        }

        if (instruction == OpCodes.Throw || instruction == OpCodes.Rethrow)
        {
            return "a throw";
        }

        if (instruction == OpCodes.Box)
        {
            Type boxed = method.Module.ResolveType(BitConverter.ToInt32(code, operand), TypeArguments(method), MethodArguments(method));

            // The compiler writes box for comparisons of a type parameter with null, which the JIT removes.
            return boxed.IsGenericParameter ? null : $"boxing of {boxed.Name}";
        }

        if (instruction == OpCodes.Newobj)
        {
            Type type = method.Module.ResolveMethod(BitConverter.ToInt32(code, operand), TypeArguments(method), MethodArguments(method))!.DeclaringType!;
            return type.IsValueType ? null : $"a new {type.Name}";
        }

        if (instruction == OpCodes.Call || instruction == OpCodes.Callvirt)
        {
            MethodBase called = method.Module.ResolveMethod(BitConverter.ToInt32(code, operand), TypeArguments(method), MethodArguments(method))!;
            return Allocates(called) ? $"a call of {called.DeclaringType!.Name}.{called.Name}" : null;
        }

        return null;
    }

    // Of the base library, those that are easily written by mistake.
    private static bool Allocates(MethodBase called)
    {
        Type type = called.DeclaringType!;
        return (type == typeof(string) && called.Name is "Concat" or "Format" or "Join" or "Substring" or "Create" or "Split" or "ToLowerInvariant")
            || type.FullName == "System.Linq.Enumerable"
            || (called.Name == "ToString" && type.Namespace == "System")
            || (called.Name == "ToArray" && type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true)
            || (type == typeof(System.Text.Encoding) && called.Name is "GetString" or "GetBytes" && called.GetParameters().Length == 1);
    }

    private static Type[]? TypeArguments(MethodBase method) => method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;

    private static Type[]? MethodArguments(MethodBase method) => method.IsGenericMethod ? method.GetGenericArguments() : null;

    private static int OperandBytes(OpCode instruction, byte[] code, int position) => instruction.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, position)),
        _ => 4,
    };
}
