// Mantine's links and buttons as the router's links, with typed addresses.
import { Button, type ButtonProps, Menu, type MenuItemProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'

type Native<P> = P & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof P> & { ref?: Ref<HTMLAnchorElement> }

// A page has hundreds of links: theirs is a class, not a component of the design system.
export const To = createLink(({ underline, className, ...rest }: Native<{ underline?: 'always' }>) => (
  <a className={['link mantine-focus-auto', underline && 'underlined', className].filter(Boolean).join(' ')} {...rest} />
))
export const ButtonTo = createLink((props: Native<ButtonProps>) => <Button component="a" {...props} />)
export const MenuTo = createLink((props: Native<MenuItemProps>) => <Menu.Item component="a" {...props} />)
export const NavTo = createLink(({ className: _, ...rest }: Native<object>) => <a className="nav mantine-focus-auto" {...rest} />)
